# SPDX-License-Identifier: Apache-2.0
# Turns the comments of a header into those that Doxygen reads: its opening becomes the file's description,
# every other comment that has a line of its own that of what follows. Names with :: become references, so that
# one that is not there any more is found.
1s|^// SPDX.*|/// @file|
\,^ *//( |$), {
  s|[\\@#<>&]|\\&|g
  s|\b([A-Z][A-Za-z]*::[A-Za-z_]+)|@ref belfry::\1 "\1"|g
  s|^( *)//|\1///|
}
