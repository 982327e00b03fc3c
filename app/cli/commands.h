#pragma once

#include <string>
#include <vector>

namespace assay::cli {

using Words = std::vector<std::string>;

// Exit statuses of the command line (docs/command-line.md).
inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;
inline constexpr int kWrongRequest = 2;
inline constexpr int kCancelled = 130;

/// One command of assay-cli. @throws Error for a request that the user can mend: exit status 2.
struct Command
{
    std::string name;
    std::string summary;            ///< one line for the overview
    std::string help;               ///< usage and options
    int (*run)(const Words& words); ///< words after the command's name
};

extern const Command kList;
extern const Command kDescribe;
extern const Command kRun;
extern const Command kServe;
extern const Command kAttack;
extern const Command kData;
extern const Command kImport;
extern const Command kInspect;
extern const Command kZoo;
extern const Command kPlugins;
extern const Command kExport;
extern const Command kEncrypt;
extern const Command kDecrypt;

/// Finds the command, gives help, and turns what is thrown into a sentence and an exit status.
int runProgram(const Words& words);

} // namespace assay::cli
