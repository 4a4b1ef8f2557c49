// Package ca makes and finds the certificates that the proxy shows to
// clients.
//
// An [Authority] is a certificate authority of the user's own. It lives in
// two files, made on first use, and mints a leaf for each domain on demand;
// leaves exist in memory only. [Files] holds certificates of the user's own
// servers. [Chain] asks the files first and mints what they do not cover.
//
// All of them may be used from any goroutine.
package ca
