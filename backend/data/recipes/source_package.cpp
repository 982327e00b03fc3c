#include "backend/data/recipes/source_package.h"

#include "backend/protocol/error.h"

#include <QCryptographicHash>
#include <QFile>
#include <QProcess>
#include <QStringList>

#include <algorithm>
#include <cstdlib>

namespace assay::data {

namespace {

namespace fs = std::filesystem;

constexpr int kPollMs = 200;

std::string sha256Of(const fs::path& file)
{
    QFile input(QString::fromStdString(file.string()));
    QCryptographicHash hash(QCryptographicHash::Sha256);
    if (!input.open(QIODevice::ReadOnly) || !hash.addData(&input))
        return {};
    return hash.result().toHex().toStdString();
}

std::string afterSlash(const std::string& name)
{
    return name.substr(name.rfind('/') + 1);
}

std::string registryOf(const PackageStore& store)
{
    if (!store.npmRegistry.empty())
        return store.npmRegistry;
    const char* given = std::getenv("npm_config_registry");
    std::string registry = given && *given ? given : "https://registry.npmjs.org";
    while (registry.ends_with('/'))
        registry.pop_back();
    return registry;
}

void makeFolder(const fs::path& folder)
{
    std::error_code code;
    fs::create_directories(folder, code);
    if (code)
        throw Error("the folder cannot be made: " + code.message(), folder.string(),
                    "Check the permissions of the folder above.");
}

/// "emoji-datasource-16.0.0.tgz", "dicebear-core-9.4.3.tgz"
std::string fileName(const SourcePackage& package)
{
    std::string name = package.name + "-" + package.version;
    std::erase(name, '@');
    for (char& c : name) {
        if (c == '/')
            c = '-';
    }
    return name + (package.registry == SourcePackage::Registry::Npm ? ".tgz" : ".deb");
}

void download(const SourcePackage& package, const PackageStore& store, const fs::path& part)
{
    if (package.registry == SourcePackage::Registry::Npm) {
        const std::string url = registryOf(store) + "/" + package.name + "/-/" + afterSlash(package.name) +
                                "-" + package.version + ".tgz";
        runProgram("curl",
                   {"--fail", "--silent", "--show-error", "--location", "--retry", "3", "--output",
                    part.string(), url},
                   store.folder, "Install it with `apt-get install curl`.", store.checkpoint);
        return;
    }
    // apt-get names the file itself, and only looks into the current folder.
    const fs::path folder = part.string() + ".d";
    std::error_code code;
    fs::remove_all(folder, code);
    makeFolder(folder);
    runProgram("apt-get", {"download", package.name + "=" + package.version}, folder,
               "This package is taken from Debian.", store.checkpoint);
    for (const auto& entry : fs::directory_iterator(folder))
        fs::rename(entry.path(), part);
    fs::remove_all(folder, code);
}

/// The line of a program's errors that says most: the first that speaks of an error, else the last.
std::string complaint(const QByteArray& errors)
{
    const QByteArrayList lines = errors.trimmed().split('\n');
    const auto found = std::ranges::find_if(lines, [](const QByteArray& line) {
        return line.contains("rror:") || line.startsWith("curl:") || line.startsWith("E:");
    });
    return (found != lines.end() ? *found : lines.back()).left(300).toStdString();
}

} // namespace

fs::path fetchPackage(const SourcePackage& package, const PackageStore& store)
{
    makeFolder(store.folder);
    const fs::path file = store.folder / fileName(package);
    if (sha256Of(file) == package.sha256)
        return file;
    const fs::path part = file.string() + ".part";
    download(package, store, part);
    if (sha256Of(part) != package.sha256) {
        std::error_code code;
        fs::remove(part, code);
        throw Error("what was downloaded is not the pinned file: its SHA-256 differs", package.title(),
                    "Try again; if it stays so, the registry serves another file.");
    }
    fs::rename(part, file);
    return file;
}

void unpackPackage(const SourcePackage& package, const fs::path& file, const fs::path& folder,
                   const PackageStore& store)
{
    makeFolder(folder);
    if (package.registry == SourcePackage::Registry::Npm)
        runProgram("tar",
                   {"-xzf", file.string(), "-C", folder.string(), "--strip-components=1", "--no-same-owner"},
                   store.folder, "Install it with `apt-get install tar`.", store.checkpoint);
    else
        runProgram("dpkg-deb", {"-x", file.string(), folder.string()}, store.folder,
                   "Install it with `apt-get install dpkg`.", store.checkpoint);
}

std::string runProgram(const std::string& program, const std::vector<std::string>& arguments,
                       const fs::path& folder, const std::string& mend,
                       const std::function<void()>& checkpoint)
{
    QStringList words;
    for (const std::string& argument : arguments)
        words << QString::fromStdString(argument);
    QProcess process;
    process.setWorkingDirectory(QString::fromStdString(folder.string()));
    process.start(QString::fromStdString(program), words);
    if (!process.waitForStarted())
        throw Error("the program '" + program + "' cannot be started", {}, mend);
    process.closeWriteChannel();
    QByteArray output;
    while (!process.waitForFinished(kPollMs) && process.state() != QProcess::NotRunning) {
        output += process.readAllStandardOutput();
        if (checkpoint)
            checkpoint(); // ~QProcess kills the program when this throws
    }
    output += process.readAllStandardOutput();
    if (process.exitStatus() != QProcess::NormalExit || process.exitCode() != 0) {
        throw Error("'" + program + "' failed: " + complaint(process.readAllStandardError()), {},
                    "Check the network and the free space.");
    }
    return output.toStdString();
}

} // namespace assay::data
