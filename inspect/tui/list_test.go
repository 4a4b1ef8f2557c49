package tui

import (
	"fmt"
	"strings"
	"testing"
)

// numbers is a list of n rows that say their own number.
type numbers struct {
	n     int
	asked int
}

func (s *numbers) Len() int { return s.n }

func (s *numbers) Row(i int, into *listRow) {
	s.asked++
	into.set(0, fmt.Sprint(i), monoTheme().role(roleText))
	into.set(1, "juliet@capulet.example", monoTheme().role(roleText))
}

func newNumberList(n int) (*list, *numbers) {
	source := &numbers{n: n}
	return &list{source: source, columns: []column{{"No", 7, true}, {title: "Info"}}}, source
}

func TestListMoves(t *testing.T) {
	l, source := newNumberList(100)
	l.settle(10)
	step := func(what string, do func(), selected, top int, follow bool) {
		t.Helper()
		do()
		if l.selected != selected || l.top != top || l.follow != follow {
			t.Errorf("%s: selected %d, top %d, follow %v; want %d, %d, %v",
				what, l.selected, l.top, l.follow, selected, top, follow)
		}
	}
	step("down", func() { l.move(1) }, 1, 0, false)
	step("a page down", func() { l.move(10) }, 11, 2, false)
	step("up", func() { l.move(-10) }, 1, 1, false)
	step("above the first", func() { l.move(-10) }, 0, 0, false)
	step("below the last", func() { l.move(1000) }, 99, 90, false)
	step("scroll up", func() { l.scroll(-50) }, 49, 40, false)
	step("scroll down", func() { l.scroll(20) }, 60, 60, false)
	step("follow", func() { l.follow = true; l.settle(10) }, 99, 90, true)
	step("rows came", func() { source.n = 120; l.settle(10) }, 119, 110, true)
	step("up leaves follow", func() { l.move(-1) }, 118, 110, false)
	step("more rows came", func() { source.n = 200; l.settle(10) }, 118, 110, false)
	step("lower window", func() { l.settle(3) }, 118, 116, false)
	step("fewer rows", func() { source.n = 5; l.settle(10) }, 4, 0, false)
	step("no rows", func() { source.n = 0; l.settle(10) }, 0, 0, false)
}

func TestListDrawsOnlyItsWindow(t *testing.T) {
	l, source := newNumberList(1_000_000)
	sim := newSim(t, 40, 6)
	l.follow = true
	l.draw(canvas{sim, 0, 0, 40, 6}, monoTheme(), true)
	sim.Show()
	if source.asked != 5 {
		t.Errorf("asked for %d rows, want 5", source.asked)
	}
	text := screenText(sim)
	want := "" +
		"       No Info\n" +
		"   999995 juliet@capulet.example\n" +
		"   999996 juliet@capulet.example\n" +
		"   999997 juliet@capulet.example\n" +
		"   999998 juliet@capulet.example\n" +
		">  999999 juliet@capulet.example\n"
	if text != want {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
	if x, y, visible := sim.GetCursor(); x != 0 || y != 5 || !visible {
		t.Errorf("cursor at %d, %d, visible %v", x, y, visible)
	}
}

func TestListShiftsLastColumn(t *testing.T) {
	l, _ := newNumberList(1)
	sim := newSim(t, 24, 2)
	l.shift(8)
	l.draw(canvas{sim, 0, 0, 24, 2}, monoTheme(), true)
	sim.Show()
	if got := strings.Split(screenText(sim), "\n")[1]; got != ">       0 apulet.example" {
		t.Errorf("got %q", got)
	}
}

// BenchmarkListFrame draws and shows a frame of a million virtual rows at
// 160x45, each time one row further.
func BenchmarkListFrame(b *testing.B) {
	s, _ := newTTYScreen(b, 160, 45)
	l, _ := newNumberList(1_000_000)
	t := ansiTheme()
	b.ReportAllocs()
	for b.Loop() {
		s.Clear()
		l.move(1)
		l.draw(canvas{s, 0, 0, 160, 45}, t, true)
		s.Show()
	}
}
