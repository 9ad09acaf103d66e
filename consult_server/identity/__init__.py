"""People, their sign-ins and their API tokens.

Owns consult_account, consult_session, consult_api_token, consult_bootstrap. Publishes nothing.
"""
