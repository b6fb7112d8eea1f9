"""Which object belongs to which: Servers, routes, authorizations and Services, joined to the policy of a port. Pure."""
