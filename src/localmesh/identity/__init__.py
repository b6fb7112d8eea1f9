"""Who a pod is: the authority of the mesh, certificates, and who holds which."""
