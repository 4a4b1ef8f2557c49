package inspect_test

import (
	"fmt"
	"os"
	"time"

	"xmppscope/inspect"
	"xmppscope/xmpp"
	"xmppscope/xmpp/trace"
)

func Example() {
	printer := inspect.NewPrinter(os.Stdout, inspect.PrintOptions{Layout: true})
	defer printer.Close()
	printer.Print(inspect.Row{
		No: 12,
		Event: trace.Event{
			Time:    time.Date(2026, 11, 22, 20, 15, 0, 0, time.UTC),
			Session: 1,
			Kind:    trace.Framed,
			Frame: xmpp.Frame{Kind: xmpp.KindElement, Raw: []byte(
				`<iq type='set'><query xmlns='jabber:iq:register'><username>juliet</username><password>R0m30</password></query></iq>`)},
		},
	})
	// Output:
	// #12 2026-11-22 20:15:00.000000 s1 → iq set register
	// <iq type='set'>
	//   <query xmlns='jabber:iq:register'>
	//     <username>juliet</username>
	//     <password>[muted 5 bytes]</password>
	//   </query>
	// </iq>
}

func ExampleClean() {
	fmt.Println(inspect.Clean("invoice\u202efdp.exe\x1b]0;gotcha\a", inspect.OneLine))
	// Output: invoice‹U+202E›fdp.exe␛]0;gotcha␇
}
