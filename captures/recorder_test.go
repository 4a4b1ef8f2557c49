package captures

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"xmppscope/xmpp"
	"xmppscope/xmpp/trace"
)

// smallDisk is a file on a disk with little room. Like os.File it tells of no
// byte of a write that failed halfway.
type smallDisk struct {
	*os.File

	mu   sync.Mutex // guards room
	room int64
	full chan struct{} // gets a value at each failure
}

func (d *smallDisk) WriteAt(p []byte, off int64) (int, error) {
	d.mu.Lock()
	room := d.room
	d.mu.Unlock()
	if off+int64(len(p)) <= room {
		return d.File.WriteAt(p, off)
	}
	if off < room {
		d.File.WriteAt(p[:room-off], off)
	}
	select {
	case d.full <- struct{}{}:
	default:
	}
	return 0, syscall.ENOSPC
}

func (d *smallDisk) grow(room int64) {
	d.mu.Lock()
	d.room = room
	d.mu.Unlock()
}

// onSmallDisk returns options to record into name on a disk with that room.
func onSmallDisk(name string, room int64, onFull OnFull) (RecorderOptions, *smallDisk) {
	d := &smallDisk{room: room, full: make(chan struct{}, 16)}
	return RecorderOptions{Name: name, OnFull: onFull, open: func(name string) (opened, error) {
		o, err := openFile(name)
		if err == nil {
			d.File = o.file.(*os.File)
			o.file = d
		}
		return o, err
	}}, d
}

// spoken is a message of about n bytes.
func spoken(n int) trace.Event {
	raw := "<message><body>" + strings.Repeat("a", n) + "</body></message>"
	return trace.Event{Time: epoch, Session: 1, Kind: trace.Framed, Frame: xmpp.Frame{Kind: xmpp.KindElement, Raw: []byte(raw)}}
}

func TestFullDiskWaits(t *testing.T) {
	name := filepath.Join(t.TempDir(), "a.pcapng")
	opts, disk := onSmallDisk(name, 10_000, Wait)
	r, events := recordTo(t, opts, spoken(1000), spoken(50_000), spoken(10))
	for range 3 { // the batch, its second event, and that again a second later
		<-disk.full
	}
	if s := r.Status(); s.State != Full || !errors.Is(s.Err, syscall.ENOSPC) {
		t.Errorf("on a full disk the status is %v, %v", s.State, s.Err)
	}
	disk.grow(1 << 20)
	closeRecorder(t, r) // which tries once more, and not only in a second
	checkEvents(t, open(t, name), events)
}

func TestFullDiskGivenUp(t *testing.T) {
	name := filepath.Join(t.TempDir(), "a.pcapng")
	opts, disk := onSmallDisk(name, 10_000, Wait)
	r, events := recordTo(t, opts, spoken(1000), spoken(50_000))
	<-disk.full
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	err := r.Close(ctx)
	if err == nil || !strings.Contains(err.Error(), "1 events with") {
		t.Errorf("closed with: %v", err)
	}
	checkEvents(t, open(t, name), events[:1]) // whole, and nothing torn behind it
}

func TestFullDiskPasses(t *testing.T) {
	name := filepath.Join(t.TempDir(), "a.pcapng")
	opts, disk := onSmallDisk(name, 10_000, Pass)
	r, events := recordTo(t, opts, spoken(1000), spoken(50_000), spoken(60_000))
	<-disk.full // the batch
	<-disk.full // its second event
	disk.grow(1 << 20)
	closeRecorderLossy(t, r)
	s := open(t, name)
	checkFirst(t, s, events[0])
	if s.Len() != 2 {
		t.Fatalf("%d rows, want the first event and the gap", s.Len())
	}
	gap, err := s.Event(1)
	if err != nil {
		t.Fatal(err)
	}
	if gap.Note.Get("first") != "2" || gap.Note.Get("last") != "3" || gap.Note.Get("events") != "2" {
		t.Errorf("the gap is noted as %+v", gap.Note)
	}
}

func closeRecorderLossy(t *testing.T, r *Recorder) {
	t.Helper()
	if err := r.Close(context.Background()); err == nil || !strings.Contains(err.Error(), "which notes the gap") {
		t.Errorf("closed with: %v", err)
	}
}

func TestTornTailIsCut(t *testing.T) {
	name := filepath.Join(t.TempDir(), "a.pcapng")
	r, events := recordTo(t, RecorderOptions{Name: name}, spoken(100), spoken(2000))
	closeRecorder(t, r)
	r.Store().Close()
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for cut := 1; cut < 2200; cut += 97 {
		torn := whole[:len(whole)-cut]
		if err := os.WriteFile(name, torn, 0o600); err != nil {
			t.Fatal(err)
		}
		open(t, name) // must not fail
		r, more := recordTo(t, RecorderOptions{Name: name}, spoken(10))
		remarks := strings.Join(r.Status().Remarks, "\n")
		closeRecorder(t, r)
		r.Store().Close()
		s := open(t, name)
		if s.Len() < 2 || s.Len() > 3 {
			t.Fatalf("%d bytes cut off: %d rows", cut, s.Len())
		}
		checkFirst(t, s, events[0])
		last, err := s.Event(s.Len() - 1)
		if err != nil || string(last.Frame.Raw) != string(more[0].Frame.Raw) {
			t.Fatalf("%d bytes cut off: the last row is %q, %v", cut, last.Frame.Raw, err)
		}
		if s.Len() == 2 && !strings.Contains(remarks, "torn end") {
			t.Errorf("%d bytes cut off: the remarks are %q", cut, remarks)
		}
	}
}

// Where whole events follow what seems torn, the file is damaged, and nothing
// is cut off it.
func TestDamageIsNotCutOff(t *testing.T) {
	name := filepath.Join(t.TempDir(), "a.pcapng")
	r, _ := recordTo(t, RecorderOptions{Name: name}, spoken(20), spoken(200_000), spoken(20))
	closeRecorder(t, r)
	r.Store().Close()
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for what, lie := range map[string]func(p []byte){
		"the length of a block": func(p []byte) {
			at := 0
			for !bytes.Contains(p[at:at+int(le.Uint32(p[at+4:]))], []byte("seq=1\n")) {
				at += int(le.Uint32(p[at+4:]))
			}
			le.PutUint32(p[at+4:], maxBlock)
		},
		"the length of an event": func(p []byte) {
			copy(p[bytes.Index(p, []byte("length=2"))+len("length="):], "9")
		},
	} {
		damaged := bytes.Clone(whole)
		lie(damaged)
		if err := os.WriteFile(name, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		o, err := openFile(name)
		if err == nil {
			o.file.Close()
		}
		after, _ := os.ReadFile(name)
		if err == nil || !strings.Contains(err.Error(), "damaged at byte") || !bytes.Equal(after, damaged) {
			t.Errorf("a lie about %s: %v, and %d of %d bytes are left", what, err, len(after), len(damaged))
		}
	}
}

func checkFirst(t *testing.T, s *Store, want trace.Event) {
	t.Helper()
	got, err := s.Event(0)
	if err != nil || string(got.Frame.Raw) != string(want.Frame.Raw) {
		t.Fatalf("the first row is %q, %v", got.Frame.Raw, err)
	}
}

func TestOnlyOursIsContinued(t *testing.T) {
	for content, want := range map[string]string{
		"To be, or not to be": "not a capture of xmppscope",
		"\n\r\r\n\x1c\x00\x00\x00\x4d\x3c\x2b\x1a\x01\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\x1c\x00\x00\x00": "",
	} {
		name := filepath.Join(t.TempDir(), "a.pcapng")
		if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		if r, err := NewRecorder(RecorderOptions{Name: name}); err == nil {
			r.Close(context.Background())
			t.Fatalf("%q was continued", content)
		} else if !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), name) {
			t.Errorf("%q: %v", content, err)
		}
		if after, _ := os.ReadFile(name); string(after) != content {
			t.Errorf("%q was changed", content)
		}
	}
}

func TestOneWriterAFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "a.pcapng")
	r, _ := recordTo(t, RecorderOptions{Name: name}, spoken(1))
	var locked *LockedError
	if _, err := NewRecorder(RecorderOptions{Name: name}); !errors.As(err, &locked) {
		t.Errorf("a second writer: %v", err)
	}
	closeRecorder(t, r)
	if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestFilesByTime(t *testing.T) {
	dir := t.TempDir()
	at := func(seconds int) time.Time { return epoch.Add(time.Duration(seconds) * time.Second) }
	addr := trace.Event{Time: at(0), Session: 1, Kind: trace.Opened}
	first, second := spoken(5), spoken(6)
	first.Time, second.Time = at(0), at(1)
	r, _ := recordTo(t, RecorderOptions{Name: filepath.Join(dir, "f-%S.pcapng")}, addr, first, second)
	closeRecorder(t, r)
	if n := r.Store().Len(); n != 3 {
		t.Errorf("the live Store has %d rows", n)
	}
	names, _ := filepath.Glob(filepath.Join(dir, "f-*.pcapng"))
	var rows []int
	for _, name := range names {
		s := open(t, name)
		rows = append(rows, s.Len())
		if _, known := s.Session(1); s.Len() > 0 && !known {
			t.Errorf("%s does not know the session", name)
		}
	}
	s := open(t, names...)
	if s.Len() != 3 {
		t.Errorf("files with %v rows have %d together", rows, s.Len())
	}
}
