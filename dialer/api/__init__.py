"""The HTTP API: what browsers and programs may ask of the dialer, and how they are let in.

    request ─▶ problem ─▶ door ─▶ reading ─▶ a function of resources/ ─▶ answer
               (errors)   (who?)  (what?)    (parse, call, render)

    operation   one route with its roles, its models and its documentation, said once
    openapi     the same as an OpenAPI 3.1 document
    door        who is asking: cookie or bearer; roles; cross-site requests
    problem     every refusal as a problem document (RFC 9457)
    resources/  the functions, one module a resource; SQL stays in the stores
    pages       the static pages of the console, and their headers

Rule: every route is an :class:`~dialer.api.operation.Operation` or a page, each with the roles
that may use it; there is no way to add one that forgets to say.
"""
