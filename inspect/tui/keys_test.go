package tui

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestKeysPageIsFresh(t *testing.T) {
	compareFile(t, filepath.Join("..", "..", "docs", "keys.md"), keysPage())
}

func TestNoStrokeMeansTwoThings(t *testing.T) {
	taken := map[string]string{}
	for _, g := range keyTable() {
		for _, b := range g.bindings {
			if b.act == nil || b.help == "" || b.in == 0 {
				t.Errorf("%s is not complete", b.strokes)
			}
			for _, stroke := range strings.Fields(b.strokes) {
				for place := inList; place <= inConfirm; place <<= 1 {
					key := place.String() + " " + stroke
					if b.in&place == 0 {
						continue
					}
					if other, ok := taken[key]; ok {
						t.Errorf("%s: both %q and %q", key, other, b.help)
					}
					taken[key] = b.help
				}
			}
		}
	}
}
