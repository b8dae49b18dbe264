package scenarios

// YAML is the section of a scenario file that makes these settings: a line for each one that is set.
func (s Stream) YAML() []byte { return s.toNode().print() }

// YAML is the section of a scenario file that makes these settings: a line for each one that is set.
func (c Consumer) YAML() []byte { return c.toNode().print() }
