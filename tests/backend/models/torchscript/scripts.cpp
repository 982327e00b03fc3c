#include "tests/backend/models/torchscript/scripts.h"

#include "backend/models/torchscript/torchscript_format.h"

#include <QFile>
#include <QProcess>
#include <torch/types.h>

using namespace assay;
using namespace assay::models;

QString Scripts::make()
{
    QProcess python;
    python.setProcessChannelMode(QProcess::MergedChannels);
    const QString script =
        QString(ASSAY_TEST_SOURCE_DIR) + "/tests/backend/models/torchscript/make_scripts.py";
    python.start("/usr/bin/python3", {script, m_folder.path()});
    if (!python.waitForStarted() || !python.waitForFinished(240000) || python.exitCode() != 0)
        return "make_scripts.py: " + python.errorString() + python.readAll();
    QFile index(m_folder.filePath("index.json"));
    if (!index.open(QIODevice::ReadOnly))
        return index.errorString();
    m_index = Json::parse(index.readAll().toStdString());
    return {};
}

std::filesystem::path Scripts::file(const std::string& name) const
{
    return m_folder.filePath(QString::fromStdString(name + ".pt")).toStdString();
}

std::map<std::string, torch::Tensor> Scripts::reference(const std::string& name) const
{
    QFile file(m_folder.filePath(QString::fromStdString(name + ".bin")));
    std::map<std::string, torch::Tensor> tensors;
    if (!file.open(QIODevice::ReadOnly))
        return tensors;
    for (const Json& entry : m_index.at(name)) {
        torch::Tensor value = torch::empty(entry.at(1).get<std::vector<std::int64_t>>());
        file.read(static_cast<char*>(value.data_ptr()), static_cast<qint64>(value.nbytes()));
        tensors[entry.at(0).get<std::string>()] = value;
    }
    return tensors;
}

ModelImport inspectScript(const std::filesystem::path& file, const ModelCorrections& corrections)
{
    return kTorchScriptFormat.inspect(file, corrections);
}

std::shared_ptr<Network> openNetwork(const ModelImport& import)
{
    return kTorchScriptFormat.load(import.card, import.card.file);
}

bool found(const protocol::Findings& findings, protocol::Finding::Level level, const char* text)
{
    for (const protocol::Finding& finding : findings) {
        if (finding.level == level && finding.text.find(text) != std::string::npos)
            return true;
    }
    return false;
}

QByteArray shown(const protocol::Findings& findings)
{
    return QByteArray::fromStdString(protocol::toJson(findings).dump(1));
}

double largestDifference(const torch::Tensor& a, const torch::Tensor& b)
{
    return a.sizes() == b.sizes() ? (a - b).abs().max().item<double>() : 1e9;
}
