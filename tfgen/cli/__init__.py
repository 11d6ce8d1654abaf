"""The command `tfgen`. Its modules import nothing heavy until a command runs."""
