"""tfgen's flows beside zuko, nflows, normflows and flowjax: steps a second, rows a second, nats after equal time."""
