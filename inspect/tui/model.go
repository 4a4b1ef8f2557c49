package tui

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/alecthomas/chroma/v2"

	"xmppscope/captures"
	"xmppscope/inspect"
	"xmppscope/xmpp/trace"
)

// model is what the screens know of a capture: lines and texts for its rows,
// clean and with secrets muted. Nothing else here reads the Store's content.
type model struct {
	store   *captures.Store
	live    bool
	secrets bool
	lines   map[int]line // of rows that were on screen lately
}

// line is one row of the list. All its text is clean.
type line struct {
	no, arrow, session, kind, from, to, size, info, sign string

	request string // number of the request that it answers, or ""
	took    string // how long that took

	time     time.Time
	kindRole role
	signRole role
}

func newModel(store *captures.Store, live, secrets bool) *model {
	return &model{store: store, live: live, secrets: secrets, lines: map[int]line{}}
}

// Len is how many rows the capture has.
func (m *model) Len() int { return m.store.Len() }

func (m *model) time(row int) time.Time { return m.store.Entry(row).Time() }

// start is the time of the first row.
func (m *model) start() time.Time {
	if m.Len() == 0 {
		return time.Time{}
	}
	return m.time(0)
}

// line returns the row's line. What it shows of a row never changes, so that
// lines are kept while they are likely to be drawn again.
func (m *model) line(row int) line {
	const most = 4096
	if l, ok := m.lines[row]; ok {
		return l
	}
	if len(m.lines) >= most {
		clear(m.lines)
	}
	l := m.makeLine(row)
	m.lines[row] = l
	return l
}

func (m *model) makeLine(row int) line {
	e := m.store.Entry(row)
	l := line{
		no:      fmt.Sprint(m.store.Seq(row)),
		time:    e.Time(),
		arrow:   e.Dir().Arrow(),
		session: fmt.Sprint("s", e.Session()),
		from:    inspect.Clean(m.store.Name(e.From()), inspect.OneLine),
		to:      inspect.Clean(m.store.Name(e.To()), inspect.OneLine),
	}
	r, err := m.row(row)
	if err != nil {
		l.kind, l.info = "unreadable", inspect.Clean(err.Error(), inspect.OneLine)
		l.sign, l.signRole = "✖", roleBad
		return l
	}
	if l.kind, l.info = r.Kind(), r.Info(); l.kind == "declaration" {
		l.kind = "xml decl"
	}
	l.kindRole = kindRole(l.kind)
	if r.HasFrame() {
		l.size = shortSize(e.Size())
	} else if e.Kind() != trace.Ended {
		l.arrow = " "
	}
	l.sign, l.signRole = signOf(r)
	if request, ok := e.Request(); ok {
		l.request = fmt.Sprint("↩", m.store.Seq(request))
		l.took = tookText(e.Time().Sub(m.time(request)))
	}
	return l
}

// row reads a row of the capture.
func (m *model) row(row int) (inspect.Row, error) { return inspect.ReadRow(m.store, row, m.secrets) }

// signOf returns the gutter letter of a row.
func signOf(r inspect.Row) (string, role) {
	switch sign := r.Sign(); sign {
	case 0:
		return "", roleText
	case '✖':
		return "✖", roleBad
	case '▲':
		return "▲", roleWarn
	default:
		return string(sign), roleNotice
	}
}

func kindRole(kind string) role {
	kind, what, _ := strings.Cut(kind, " ")
	switch {
	case what == "error":
		return roleBad
	case kind == "message":
		return roleMessage
	case kind == "presence":
		return rolePresence
	case kind == "iq":
		return roleIQ
	case kind == "nonza":
		return roleNonza
	}
	return roleDim
}

// tookText writes how long a reply took.
func tookText(d time.Duration) string {
	switch ms := float64(d) / float64(time.Millisecond); {
	case ms < 10:
		return fmt.Sprintf("%.1f ms", ms)
	case ms < 1000:
		return fmt.Sprintf("%.0f ms", ms)
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

// shortSize writes a size in five columns.
func shortSize(n int) string {
	switch {
	case n < 100_000:
		return fmt.Sprint(n)
	case n < 10_000<<10:
		return fmt.Sprintf("%dK", n>>10)
	}
	return fmt.Sprintf("%dM", n>>20)
}

// address returns the other end's address as the list shows it in one column.
func (l line) address() string {
	if l.arrow == "←" {
		return l.from
	}
	return l.to
}

// problem reports whether a row would show ✖ or ▲. The index answers for most.
func (m *model) problem(row int) bool {
	e := m.store.Entry(row)
	if severity, ok := e.Note(); e.IsError() || ok && severity >= trace.Warning {
		return true
	}
	r, err := m.row(row)
	if err != nil {
		return true
	}
	sign := r.Sign()
	return sign == '✖' || sign == '▲'
}

// peer returns the row of the reply to a request, or of the request of a
// reply, and what it is; or -1 and why there is none.
func (m *model) peer(row int) (int, string) {
	e := m.store.Entry(row)
	if request, ok := e.Request(); ok {
		return request, "the request"
	}
	if reply, ok := e.Reply(); ok {
		return reply, "the reply"
	}
	if strings.HasPrefix(m.line(row).kind, "iq") {
		return -1, "no reply to this was recorded"
	}
	return -1, "only an iq has a request or a reply"
}

// facts describes the session of a row in a few words. They are not clean.
func (m *model) facts(row int) string {
	info, ok := m.store.Session(m.store.Entry(row).Session())
	if !ok {
		return ""
	}
	words := []string{fmt.Sprint("s", info.ID), info.Domain}
	if info.Domain == "" {
		words[1] = info.Client.String()
	}
	if v := info.ClientTLS.Version; v != "" {
		words = append(words, v)
	}
	if info.SM {
		words = append(words, "SM")
	}
	if !info.IsOpen() {
		words = append(words, "closed")
	}
	return strings.Join(words, " ")
}

func (m *model) sessions() []captures.SessionInfo { return m.store.Sessions() }

// stateOf says in one word how a session is doing.
func (m *model) stateOf(info captures.SessionInfo) string {
	switch {
	case !info.IsOpen():
		return "closed"
	case m.live:
		return "open"
	}
	return "cut" // the recording ended before the session did
}

// text returns what a row holds, whole, secrets muted: for the clipboard.
func (m *model) text(row int) string {
	r, err := m.row(row)
	switch {
	case err != nil:
		return ""
	case r.HasFrame():
		return string(r.XML())
	}
	return strings.TrimSpace(r.Kind() + " " + r.Info())
}

// xmlDocument shows a row as it is meant: XML laid out for width columns, what
// is wrong with it below; at most so much of it. whole is its size.
func (m *model) xmlDocument(row, width, most int) (d *document, whole int) {
	d = &document{}
	defer d.split()
	r, err := m.row(row)
	if err != nil {
		d.add([]byte(err.Error()), chroma.Error)
		return d, 0
	}
	if r.HasFrame() {
		xml := r.XML()
		whole = len(xml)
		d.addXML(inspect.Layout(beginning(xml, most), width-numberRoom))
	} else {
		d.add([]byte(r.Kind()), chroma.NameTag)
		if line := r.Info(); line != "" {
			d.add([]byte("  "+line), chroma.Text)
		}
	}
	m.addRemarks(d, r)
	return d, whole
}

// beginning returns at most so many bytes of xml, and no half of a character.
func beginning(xml []byte, most int) []byte {
	if len(xml) <= most {
		return xml
	}
	for most > 0 && !utf8.RuneStart(xml[most]) {
		most--
	}
	return xml[:most]
}

// addRemarks adds a row's note and findings to its document.
func (m *model) addRemarks(d *document, r inspect.Row) {
	if note := r.Event.Note; note != nil {
		if r.HasFrame() {
			d.add([]byte("\n"+note.Text), typeOf(note.Severity))
		}
		for _, f := range note.Facts {
			d.add(fmt.Appendf(nil, "\n  %s: ", f.Key), chroma.NameAttribute)
			d.add([]byte(f.Value), chroma.Text)
		}
	}
	for _, f := range r.Findings() {
		sign := "▲ "
		if f.Severity == trace.Failure {
			sign = "✖ "
		}
		d.add(fmt.Appendf(nil, "\n%s%s", sign, f.Text), typeOf(f.Severity))
		d.add(fmt.Appendf(nil, "  %s, byte %d of the stream", strings.TrimSpace(f.Rule+" "+f.Spec), f.Offset), chroma.Comment)
	}
}

func typeOf(s trace.Severity) chroma.TokenType {
	if s == trace.Failure {
		return chroma.Error
	}
	return chroma.CommentPreproc
}

// rawDocument shows a row's bytes as they passed, below what is known of them.
func (m *model) rawDocument(row, _, most int) (d *document, whole int) {
	d = &document{}
	defer d.split()
	r, err := m.row(row)
	if err != nil {
		d.add([]byte(err.Error()), chroma.Error)
		return d, 0
	}
	e := r.Event
	head := e.Time.Local().Format("15:04:05.000000") + "  " + e.Kind.String()
	if r.HasFrame() {
		head = fmt.Sprintf("%s  %s %s from offset %s", e.Time.Local().Format("15:04:05.000000"),
			e.Dir.Arrow(), plural(len(e.Frame.Raw), "byte"), count(int(e.Frame.Offset)))
		if e.Leg != trace.EndToEnd {
			head += ", seen on the " + e.Leg.String() + " leg only"
		}
		if e.Origin != trace.Peer {
			head += ", sent by " + e.Origin.String()
		}
	}
	d.add([]byte(head+"\n"), chroma.Comment)
	xml := r.XML()
	d.addXML(beginning(xml, most))
	return d, len(xml)
}
