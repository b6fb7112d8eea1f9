"""One file, `meshpolicy.yaml`, that says what is read, what must hold, and what was accepted; and its run."""
