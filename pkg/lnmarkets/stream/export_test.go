package stream

// Hear takes one message.
func (f *Follower) Hear(text []byte) (nonsense, fatal error) { return f.read(text) }
