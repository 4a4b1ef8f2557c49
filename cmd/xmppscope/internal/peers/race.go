//go:build race

package peers

// raceDetector says whether the tests run with -race; xmppscope is then built
// with it too.
const raceDetector = true
