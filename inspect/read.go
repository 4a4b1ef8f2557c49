package inspect

import "xmppscope/captures"

// ReadRow reads row i of a capture, with its secrets muted unless secrets is
// true. An error says that the file cannot be read, or is damaged there.
// Any goroutine may call it.
func ReadRow(s *captures.Store, i int, secrets bool) (Row, error) {
	event, err := s.Event(i)
	if err != nil {
		return Row{}, err
	}
	return Row{
		No:        int(s.Seq(i)),
		Event:     event,
		Scope:     s.Scope(i),
		Sensitive: s.Entry(i).Sensitive(),
		Secrets:   secrets,
	}, nil
}
