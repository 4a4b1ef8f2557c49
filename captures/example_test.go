package captures_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"xmppscope/captures"
	"xmppscope/xmpp"
	"xmppscope/xmpp/filter"
	"xmppscope/xmpp/trace"
)

func Example() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	name := filepath.Join(dir, "verona.pcapng")
	ctx := context.Background()

	recorder, err := captures.NewRecorder(captures.RecorderOptions{Name: name})
	if err != nil {
		panic(err)
	}
	for _, text := range []string{"<presence to='nurse@capulet.example'/>", "<message to='juliet@capulet.example'><body>Lady!</body></message>"} {
		recorder.Record(ctx, trace.Event{
			Time: time.Now(), Session: recorder.FirstSession(), Kind: trace.Framed,
			Frame: xmpp.Frame{Kind: xmpp.KindElement, Raw: []byte(text)},
		})
	}
	recorder.Close(ctx)
	recorder.Store().Close()

	store, err := captures.Open(ctx, []string{name}, captures.OpenOptions{})
	if err != nil {
		panic(err)
	}
	defer store.Close()
	for row := 0; store.Wait(ctx, row) == nil; row++ {
		e := store.Entry(row)
		fmt.Println(store.Seq(row), e.Dir().Arrow(), e.Class(), store.Name(e.To()))
	}
	lady, _ := filter.Parse("body contains Lady")
	store.Search(ctx, lady, 0, store.Len(), func(rows []int, _ int) {
		for _, row := range rows {
			raw, _ := store.Raw(row)
			fmt.Printf("%s\n", raw)
		}
	})
	// Output:
	// 1 → presence nurse@capulet.example
	// 2 → message juliet@capulet.example
	// <message to='juliet@capulet.example'><body>Lady!</body></message>
}
