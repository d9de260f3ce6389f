"""Models of gain(mixture), fitted to finished branches: one a file, no policy among them."""
