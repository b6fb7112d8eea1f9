"""Real requests on behalf of somebody, held against what the policies say."""
