"""The page on which the local mesh is watched: served on this machine's own address, to who knows its token."""
