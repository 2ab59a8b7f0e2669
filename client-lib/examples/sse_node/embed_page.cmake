# SPDX-License-Identifier: Apache-2.0
# cmake -DPAGE=folder -DOUT=file -P embed_page.cmake: writes kPageFiles (page.h) from the page's files.
set(out "#include \"client-lib/examples/sse_node/page.h\"\n\nnamespace sse_node {\n\n")
string(APPEND out "const PageFile kPageFiles[4] = {\n")
foreach(entry IN ITEMS
    "/|index.html|text/html; charset=utf-8" "/chat.js|chat.js|text/javascript; charset=utf-8"
    "/chat.css|chat.css|text/css; charset=utf-8" "/icon.svg|icon.svg|image/svg+xml")
  string(REGEX MATCH "^([^|]*)\\|([^|]*)\\|(.*)$" unused "${entry}")
  set(path "${CMAKE_MATCH_1}")
  set(type "${CMAKE_MATCH_3}")
  file(READ "${PAGE}/${CMAKE_MATCH_2}" text)
  string(APPEND out "    {\"${path}\", \"${type}\", R\"page(${text})page\"},\n")
endforeach()
string(APPEND out "};\n\n}  // namespace sse_node\n")
file(WRITE "${OUT}" "${out}")
