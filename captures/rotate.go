package captures

import (
	"maps"
	"os"
	"slices"
	"time"

	"xmppscope/xmpp/trace"
)

// use makes an opened file the one that is written, as a new volume of the
// Store.
func (w *writer) use(o opened) {
	w.mu.Lock()
	w.file, w.status.Name = o.file, w.name
	if o.remark != "" {
		w.status.Remarks = append(w.status.Remarks, o.remark)
	}
	w.mu.Unlock()
	w.size, w.whole = o.size, o.size
	s := w.store
	s.mu.Lock()
	w.volume = len(s.volumes)
	s.volumes = append(s.volumes, volume{
		name:     w.name,
		file:     o.file,
		sections: []section{{o.size, s.index.capture(w.id)}},
	})
	s.mu.Unlock()
}

// retire closes the file that was written, and lets the Store open it for each
// read: a long recording may fill thousands of files.
func (w *writer) retire() {
	s := w.store
	s.mu.Lock()
	v := &s.volumes[w.volume]
	old := v.file
	v.file = byName(v.name)
	s.mu.Unlock()
	old.Close()
}

// byName reads a file that is not kept open.
type byName string

func (name byName) ReadAt(p []byte, off int64) (int, error) {
	file, err := os.Open(string(name))
	if err != nil {
		return 0, err
	}
	defer file.Close()
	return file.ReadAt(p, off)
}

func (name byName) Close() error { return nil }

// rotate goes on in another file, which begins with what the sessions alive
// are. When it cannot be opened that is tried again each second, as writing
// is; with Pass, the file that is open goes on.
func (w *writer) rotate(name string, at time.Time) {
	if w.volume+1 == maxVolumes {
		return
	}
	for {
		o, err := w.open(name)
		if err == nil {
			w.retire()
			w.name = name
			w.use(o)
			break
		}
		w.settle(err)
		if !w.wait(err) {
			return
		}
	}
	w.buf = appendSection(w.buf, sectionComment(w.id))
	w.encoder.forget() // the new file stands alone
	for _, id := range slices.Sorted(maps.Keys(w.encoder.sessions)) {
		note := w.describe(id)
		if note == nil {
			continue
		}
		w.buf, _ = w.encoder.event(w.buf, &record{event: trace.Event{Time: at, Session: id, Kind: snapshot, Note: note}})
	}
}

// describe returns what the Store knows of a session that is alive.
func (w *writer) describe(id trace.SessionID) *trace.Note {
	s := w.store
	s.mu.Lock()
	defer s.mu.Unlock()
	own, ok := s.index.capture(w.id).sessions[id]
	if !ok {
		return nil
	}
	return s.sessions[own].snapshot()
}
