"""The file `meshpolicy.yaml`, which says what is read, what must hold and what was accepted, and its run."""
