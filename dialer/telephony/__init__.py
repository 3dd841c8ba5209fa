"""The telephone: the worker process around pjsua2, and the core's side of its socket."""
