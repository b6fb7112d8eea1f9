"""The library: each question is a function, each answer a frozen value. `meshpolicy` itself gives them their names."""
