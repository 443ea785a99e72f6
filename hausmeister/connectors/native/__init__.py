"""Our own alert format: POST /api/v1/alerts with JSON or a form."""
