package sense

// Zone is the network zone that the current packet was captured in: addresses are
// unique only within one.
func (c *Context) Zone() string { return c.zone }
