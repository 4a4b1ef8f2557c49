package tui

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"xmppscope/captures"
	"xmppscope/inspect"
	"xmppscope/xmpp"
	"xmppscope/xmpp/trace"
)

// sessionsView is the screen of sessions: domains, their sessions, and what is
// known of each, as a tree in a list.
type sessionsView struct {
	data   *model
	theme  *theme
	list   list
	nodes  []node
	closed map[string]bool // branches that the user closed, by node.key
	opened map[string]bool // sessions that the user opened
	shown  bool
	asOf   int // rows in the capture when the tree was made
	place  canvas
}

// node is one line of the tree.
type node struct {
	key     string
	depth   int
	branch  bool // it has lines below it
	open    bool
	text    string // clean
	info    string // clean
	state   string
	rows    string
	sign    string
	role    role
	session trace.SessionID // 0: a domain
}

func newSessions(data *model, t *theme) *sessionsView {
	s := &sessionsView{data: data, theme: t, closed: map[string]bool{}, opened: map[string]bool{}, asOf: -1}
	s.list.source = s
	return s
}

// refresh makes the tree anew if there is more in the capture than it shows,
// and reports whether it did.
func (s *sessionsView) refresh() bool {
	if n := s.data.Len(); n != s.asOf {
		s.asOf = n
		s.grow()
		return true
	}
	return false
}

// facts says how many sessions there are, for the first line.
func (s *sessionsView) facts() string {
	all := s.data.sessions()
	open := 0
	for _, info := range all {
		if info.IsOpen() {
			open++
		}
	}
	return fmt.Sprintf("%s, %d open", plural(len(all), "session"), open)
}

// choose selects a session.
func (s *sessionsView) choose(id trace.SessionID) {
	if i := slices.IndexFunc(s.nodes, func(n node) bool { return n.session == id }); i >= 0 {
		s.list.selected = i
	}
}

// grow makes the tree, and keeps the selection where it was.
func (s *sessionsView) grow() {
	key := ""
	if i := s.list.selected; i < len(s.nodes) {
		key = s.nodes[i].key
	}
	sessions := s.data.sessions()
	slices.SortStableFunc(sessions, func(a, b captures.SessionInfo) int { return cmp.Compare(a.Domain, b.Domain) })
	s.nodes = s.nodes[:0]
	for len(sessions) > 0 {
		domain := sessions[0].Domain
		n := slices.IndexFunc(sessions, func(i captures.SessionInfo) bool { return i.Domain != domain })
		if n < 0 {
			n = len(sessions)
		}
		s.addDomain(domain, sessions[:n])
		sessions = sessions[n:]
	}
	if i := slices.IndexFunc(s.nodes, func(n node) bool { return n.key == key }); i >= 0 {
		s.list.selected = i
	}
}

func (s *sessionsView) addDomain(domain string, sessions []captures.SessionInfo) {
	open := 0
	for _, info := range sessions {
		if info.IsOpen() {
			open++
		}
	}
	name := inspect.Clean(domain, inspect.OneLine)
	if name == "" {
		name = "(no domain named yet)"
	}
	head := node{key: "d" + domain, branch: true, open: !s.closed["d"+domain], text: name, role: roleText,
		info: fmt.Sprintf("%s, %d open", plural(len(sessions), "session"), open)}
	s.nodes = append(s.nodes, head)
	if !head.open {
		return
	}
	slices.SortFunc(sessions, func(a, b captures.SessionInfo) int { return cmp.Compare(a.ID, b.ID) })
	for _, info := range sessions {
		s.addSession(info)
	}
}

func (s *sessionsView) addSession(info captures.SessionInfo) {
	key := fmt.Sprint("s", info.ID)
	who := info.JID
	if who == "" {
		who = info.Client.String()
	}
	n := node{key: key, depth: 1, branch: true, open: s.opened[key], session: info.ID, role: roleText,
		text:  fmt.Sprintf("s%d  %s", info.ID, inspect.Clean(who, inspect.OneLine)),
		state: s.data.stateOf(info), rows: count(info.Elements[0] + info.Elements[1]), info: summaryOf(info)}
	if info.Warnings > 0 {
		n.sign, n.role = "▲", roleWarn
	}
	if info.Failures > 0 {
		n.sign, n.role = "✖", roleBad
	}
	s.nodes = append(s.nodes, n)
	if !n.open {
		return
	}
	for i, line := range detailsOf(info) {
		s.nodes = append(s.nodes, node{key: fmt.Sprint(key, "/", i), depth: 2, session: info.ID, role: roleText,
			text: line[0], info: inspect.Clean(line[1], inspect.OneLine)})
	}
}

// summaryOf tells a session in a few words.
func summaryOf(info captures.SessionInfo) string {
	var words []string
	if v := info.ClientTLS.Version; v != "" {
		words = append(words, v)
	} else {
		words = append(words, "no TLS")
	}
	if m := info.Login.Mechanism; m != "" {
		words = append(words, m)
	}
	if info.SM {
		words = append(words, "SM")
	}
	if info.Failures > 0 {
		words = append(words, plural(info.Failures, "failure"))
	}
	if info.Warnings > 0 {
		words = append(words, plural(info.Warnings, "warning"))
	}
	return inspect.Clean(strings.Join(words, "  "), inspect.OneLine)
}

// detailsOf tells everything about a session, name and value.
func detailsOf(info captures.SessionInfo) [][2]string {
	lines := [][2]string{
		{"client", strings.TrimSpace(info.Client.String() + "  " + tlsText(info.ClientTLS))},
	}
	if info.Server.IsValid() {
		lines = append(lines, [2]string{"server", strings.TrimSpace(info.Server.String() + "  " + tlsText(info.ServerTLS))})
	}
	if info.Namespace != "" {
		lines = append(lines, [2]string{"stream", info.Namespace})
	}
	if text := loginText(info.Login); text != "" {
		lines = append(lines, [2]string{"login", text})
	}
	if info.SM {
		text := "on"
		if info.SMResumed {
			text = "resumed"
		}
		lines = append(lines, [2]string{"stream management", text})
	}
	lines = append(lines, [2]string{"elements", fmt.Sprintf("→ %s (%s)   ← %s (%s)", count(info.Elements[0]),
		bytesText(int(info.Bytes[0])), count(info.Elements[1]), bytesText(int(info.Bytes[1])))})
	return append(lines, [2]string{"time", lifeText(info)})
}

func tlsText(t captures.TLSInfo) string {
	if t.Version == "" {
		return "no TLS"
	}
	words := []string{t.Version, t.Cipher}
	if t.ALPN != "" {
		words = append(words, "ALPN "+t.ALPN)
	}
	if t.SNI != "" {
		words = append(words, "SNI "+t.SNI)
	}
	return strings.Join(words, "  ")
}

// loginText says how a session logged in, and what became of it.
func loginText(l xmpp.Login) string {
	if l.Profile == "" {
		return ""
	}
	outcome := "under way"
	switch l.Outcome {
	case xmpp.OutcomeSuccess:
		outcome = "succeeded"
	case xmpp.OutcomeFailure:
		outcome = strings.TrimSpace("failed " + l.Condition)
	}
	words := strings.Fields(l.Profile + " " + l.Mechanism)
	if kind, ok := strings.CutPrefix(l.Binding, "p="); ok {
		words = append(words, "bound to the channel by "+kind)
	}
	return strings.Join(append(words, outcome), "  ")
}

func lifeText(info captures.SessionInfo) string {
	const clock = "2006-01-02 15:04:05"
	switch {
	case info.Opened.IsZero():
		return "began before the capture"
	case info.IsOpen():
		return "since " + info.Opened.Local().Format(clock)
	}
	return fmt.Sprintf("%s for %s", info.Opened.Local().Format(clock), info.Closed.Sub(info.Opened).Round(time.Millisecond))
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return count(n) + " " + what + "s"
}

// Len returns how many lines the tree has now.
func (s *sessionsView) Len() int { return len(s.nodes) }

// Row fills in a line of the tree.
func (s *sessionsView) Row(i int, into *listRow) {
	n := s.nodes[i]
	into.sign = run{n.sign, s.theme.role(n.role)}
	mark := "  "
	if n.branch {
		mark = "▸ "
		if n.open {
			mark = "▾ "
		}
	}
	style := s.theme.role(roleText)
	if n.depth == 2 {
		style = s.theme.role(roleDim)
	}
	into.set(0, strings.Repeat("  ", n.depth)+mark, s.theme.role(roleDim))
	into.set(0, n.text, style)
	if n.depth < 2 {
		stateRole := roleDim
		if n.state == "open" {
			stateRole = roleGood
		}
		into.set(1, n.state, s.theme.role(stateRole))
		into.set(2, n.rows, s.theme.role(roleText))
		into.set(3, n.info, s.theme.role(roleDim))
	}
}

func (s *sessionsView) draw(c canvas, u *ui) {
	s.place = c
	width := 38
	if c.w >= twoPanes {
		width = 52
	}
	s.list.columns = []column{{title: "Session", width: width}, {title: "State", width: 7},
		{title: "Elements", width: 8, right: true}, {title: ""}}
	if len(s.nodes) == 0 {
		s.list.drawHeading(c, u.theme)
		u.drawEmpty(c.rows(2, c.h-2))
		return
	}
	s.list.draw(c, u.theme, true)
	s.drawDetails(c, u)
}

// drawDetails draws values of the lines of detail across the other columns.
func (s *sessionsView) drawDetails(c canvas, u *ui) {
	const name = 2 + 6 + 20
	for y := range s.list.height {
		i := s.list.top + y
		if i >= len(s.nodes) || s.nodes[i].depth < 2 {
			continue
		}
		style := u.theme.role(roleText)
		if i == s.list.selected {
			style = u.theme.selected(style, false)
		}
		c.rows(y+1, 1).columns(name, c.w-name).line(0, 0, []run{{s.nodes[i].info, style}})
	}
}

// fold closes or opens the selected branch. Closing a line that is no open
// branch goes to the branch that it belongs to.
func (s *sessionsView) fold(close bool) {
	if s.list.selected >= len(s.nodes) {
		return
	}
	n := s.nodes[s.list.selected]
	if close && (!n.branch || !n.open) {
		for i := s.list.selected; i >= 0; i-- {
			if s.nodes[i].depth < n.depth {
				s.list.selected = i
				return
			}
		}
		return
	}
	if n.session == 0 {
		s.closed[n.key] = close
	} else if n.branch {
		s.opened[n.key] = !close
	}
	s.grow()
}

// openSession shows the rows of the selected session; on a domain it opens or
// closes the branch.
func (u *ui) openSession() {
	s := u.sessions
	if s.list.selected >= len(s.nodes) {
		return
	}
	n := s.nodes[s.list.selected]
	if n.session == 0 {
		s.fold(n.open)
		return
	}
	if err := u.applyFilter(fmt.Sprintf("session == %d", n.session)); err != nil {
		u.say("%v", err)
		return
	}
	u.goTo(0)
}
