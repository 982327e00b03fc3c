#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace assay::data {

/// A pinned package of a public registry from which a data set is built. The hash is part of the recipe:
/// another file of that name is refused.
struct SourcePackage
{
    enum class Registry { Npm, Debian };
    Registry registry = Registry::Npm;
    std::string name;    ///< "@dicebear/core", "ruby-gemojione"
    std::string version; ///< "9.4.3", "3.3.0-1"
    std::string sha256;  ///< of the downloaded file
    std::string licence; ///< of what is taken from it

    std::string title() const { return name + " " + version; }
};

/// Where downloads are kept and asked for.
struct PackageStore
{
    std::filesystem::path folder; ///< downloaded files stay here, so that a second build needs no network
    /// Registry of npm packages; empty: npm_config_registry of the environment, else the public one.
    std::string npmRegistry;
    std::function<void()> checkpoint; ///< called a few times a second while programs run; may throw Cancelled
};

/// The downloaded file of a package: from the store when its hash is right, else fetched by `curl` (npm) or
/// `apt-get download` (Debian). @throws Error when a program is missing, the network fails, or the hash
/// differs.
std::filesystem::path fetchPackage(const SourcePackage& package, const PackageStore& store);

/// Unpacks a fetched package into @p folder, which must be new: a .tgz by `tar` without its top folder, a
/// .deb by `dpkg-deb`. @throws Error when it cannot.
void unpackPackage(const SourcePackage& package, const std::filesystem::path& file,
                   const std::filesystem::path& folder, const PackageStore& store);

/// Runs a program to its end. @returns what it wrote to standard output.
/// @throws Error when it cannot be started (with @p mend), or fails (with the last line of its complaint).
std::string runProgram(const std::string& program, const std::vector<std::string>& arguments,
                       const std::filesystem::path& folder, const std::string& mend,
                       const std::function<void()>& checkpoint);

} // namespace assay::data
