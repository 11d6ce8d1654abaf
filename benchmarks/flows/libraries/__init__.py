"""One library a module, each with `Library`: what a worker does in it. Peers' modules are imported in theirs alone."""
