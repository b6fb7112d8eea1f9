"""The web page that shows the local mesh live, served on 127.0.0.1 to clients that send its token."""
