package captures

import (
	"os"

	"golang.org/x/sys/windows"
)

// lock keeps other recorders from file until it is closed. Locks of Windows
// keep readers out too: the one byte is far behind what a file will have.
func lock(file *os.File) error {
	at := windows.Overlapped{OffsetHigh: 1 << 30}
	return windows.LockFileEx(windows.Handle(file.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &at)
}
