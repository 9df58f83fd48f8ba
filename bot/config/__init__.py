"""config.yaml: the strict YAML layer, the values it becomes, and the loader that says every problem at once."""
