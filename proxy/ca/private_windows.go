package ca

import "io/fs"

// checkPrivate cannot tell: files have no mode here, and the user's profile,
// where they live, is closed to other users.
func checkPrivate(string, fs.FileInfo) error { return nil }
