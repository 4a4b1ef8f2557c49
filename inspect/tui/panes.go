package tui

import "fmt"

// pane shows one aspect of the selected row.
type pane struct {
	name  string
	build func(m *model, row, width, most int) (d *document, whole int) // whole: bytes in all
	pager pager
	shown paneKey
	all   bool // all of a long text, for this row
	tabAt int  // column of its tab when it was drawn last
}

// paneKey says what a pane shows; when it changes, it is built anew.
type paneKey struct {
	row, width, most int
	known            bool
}

func newPanes() []pane {
	return []pane{
		{name: "XML", build: (*model).xmlDocument, pager: pager{numbers: true}},
		{name: "Raw", build: (*model).rawDocument},
	}
}

// draw shows the row that is selected now.
func (p *pane) draw(c canvas, l *live, t *theme, focused bool) {
	row, ok := l.selected()
	if !ok {
		return
	}
	if p.shown.known && p.shown.row != row {
		p.all = false
	}
	if !p.pager.numbers {
		c = c.columns(1, c.w-1)
	}
	most := firstLook
	if p.all {
		most = 1 << 62
	}
	if key := (paneKey{row, c.w, most, true}); key != p.shown {
		top := p.pager.top
		same := p.shown.row == row && p.shown.known
		doc, whole := p.build(l.data, row, c.w, most)
		more := ""
		if whole > most {
			more = fmt.Sprintf("… %s of %s shown; Enter in this pane shows all", bytesText(most), bytesText(whole))
		}
		p.pager.show(doc, more)
		if same {
			p.pager.top = top
		}
		p.shown = key
	}
	p.pager.draw(c, t, focused)
}
