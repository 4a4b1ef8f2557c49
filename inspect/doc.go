// Package inspect turns recorded traffic into what a person reads: text that
// is safe to show, secrets muted, a line and a layout for each frame, and
// printers for whole captures. It knows no terminal: the command line and the
// screens of inspect/tui both draw from here.
//
// Three rules hold for everything that leaves the program:
//
//   - [Muter] takes the secrets out first, on the XML, by namespace and element;
//   - [Layout] may add line breaks where white space means nothing;
//   - [Clean] makes visible whatever could move a cursor, hide or reorder text.
package inspect
