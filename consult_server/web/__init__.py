"""The HTTP border: dependencies, errors, middleware, live push, paging. No table, no rule."""
