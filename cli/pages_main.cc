// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <string>

#include "cli/command_reference.h"
#include "cli/completion.h"
#include "cli/manual_page.h"
#include "common/version.h"

namespace belfry::cli {
namespace {

bool WriteFile(const std::string& path, const std::string& text) {
  std::FILE* file = std::fopen(path.c_str(), "wb");
  if (file == nullptr) return false;
  const bool written = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  return std::fclose(file) == 0 && written;
}

int Main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "belfry_pages: no folder given; name where the pages go\n");
    return 2;
  }
  const std::string folder = argv[1];
  const CommandReference belfry = ReadCommandReference();
  if (WriteFile(folder + "/belfry.1", ManualPage(belfry, kVersionText)) &&
      WriteFile(folder + "/belfry.bash", BashCompletion(belfry))) {
    return 0;
  }
  std::fprintf(stderr, "belfry_pages: cannot write to %s; is it a folder?\n", folder.c_str());
  return 1;
}

}  // namespace
}  // namespace belfry::cli

// Run by the build: writes belfry.1 and belfry.bash.
int main(int argc, char** argv) { return belfry::cli::Main(argc, argv); }
