#include "tests/support/test_entry.h"

#include <iostream>
#include <malloc.h>
#include <map>
#include <string>

// The main() of every test program: its first argument chooses the test, the others are Qt Test's.

namespace {

std::map<std::string, assay::test::RunTest>& entries()
{
    static std::map<std::string, assay::test::RunTest> all;
    return all;
}

std::string stemOf(const std::string& path)
{
    const std::string name = path.substr(path.rfind('/') + 1);
    return name.substr(0, name.rfind('.'));
}

/// The program's path as it would be if the test had one of its own, as ctest names it: Qt takes the
/// application's name from there, and with it the places of its files. Two tests of a folder share none.
std::string pathOfTest(std::string program, const std::string& test)
{
    const std::string suffix = "tests";
    if (program.ends_with(suffix))
        program.erase(program.size() - suffix.size());
    return program + test;
}

void explain(const std::string& program, std::ostream& out)
{
    out << "Usage: " << program << " TEST [ARGUMENT OF QT TEST...]\n\nThe tests of this program:\n";
    for (const auto& [name, run] : entries())
        out << "    " << name << '\n';
}

} // namespace

namespace assay::test {

TestEntry::TestEntry(const char* file, RunTest run)
{
    entries().emplace(stemOf(file), run);
}

} // namespace assay::test

int main(int argc, char** argv)
{
    const std::string wanted = argc > 1 ? argv[1] : "";
    const bool help = wanted == "--help" || wanted == "-h" || wanted == "-help";
    const auto found = entries().find(wanted);
    if (found == entries().end()) {
        explain(argv[0], help ? std::cout : std::cerr);
        return help ? 0 : 2;
    }
    // As the engine does (backend/engine/process_setup.cpp): half the time of tests that run large networks
    // goes into page faults otherwise.
    mallopt(M_MMAP_THRESHOLD, 1 << 30);
    mallopt(M_TRIM_THRESHOLD, -1);
    std::string path = pathOfTest(argv[0], wanted);
    argv[1] = path.data();
    return found->second(argc - 1, argv + 1);
}
