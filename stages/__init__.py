"""One file a step of the pipeline, each `inputs -> run() -> outputs`."""
