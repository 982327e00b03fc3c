#pragma once

#include "backend/models/formats/model_format.h"

#include <QString>
#include <QTemporaryDir>

#include <filesystem>
#include <map>
#include <string>

/// The files and references of make_scripts.py, written by Debian's PyTorch into a folder that goes with
/// this.
class Scripts
{
public:
    /// @returns what went wrong, or nothing.
    QString make();
    std::filesystem::path file(const std::string& name) const;
    /// "x", "output", "gradient", "weights" and "tap:NAME" of a sound network.
    std::map<std::string, torch::Tensor> reference(const std::string& name) const;
    QString folder() const { return m_folder.path(); }

private:
    QTemporaryDir m_folder;
    assay::Json m_index;
};

/// Inspects and opens a file as the workbench does.
assay::models::ModelImport inspectScript(const std::filesystem::path& file,
                                         const assay::models::ModelCorrections& corrections = {});
std::shared_ptr<assay::models::Network> openNetwork(const assay::models::ModelImport& import);

/// Whether a finding of @p level contains @p text.
bool found(const assay::protocol::Findings& findings, assay::protocol::Finding::Level level,
           const char* text);
/// All findings, for the message of a failed test.
QByteArray shown(const assay::protocol::Findings& findings);

double largestDifference(const torch::Tensor& a, const torch::Tensor& b);
