package filter_test

import (
	"errors"
	"fmt"

	"xmppscope/xmpp/filter"
)

func ExampleParse() {
	f, err := filter.Parse("iq&&(error||rtt>500ms)")
	fmt.Println(f, err)

	const input = "iq and frm == pubsub.example"
	_, err = filter.Parse(input)
	var wrong *filter.Error
	if errors.As(err, &wrong) {
		fmt.Println(wrong.Caret(input))
		fmt.Println(wrong)
	}
	// Output:
	// iq and (error or rtt > 500ms) <nil>
	// iq and frm == pubsub.example
	//        ^^^
	// unknown `frm` – `from`?
}

func ExampleCompletions() {
	for _, c := range filter.Completions("jid.do", 6) {
		fmt.Println(c.Text, "–", c.Help)
	}
	// Output: jid.domain – from or to, the domain
}
