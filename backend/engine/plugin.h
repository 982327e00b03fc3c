#pragma once

#include "backend/attacks/registry.h"
#include "backend/engine/study.h"

#include <QtPlugin>

namespace assay::engine {

/// What a plugin may add to. Passed to Plugin::registerInto(); there is no global one.
class Registries
{
public:
    /// @throws Error when the id is taken or malformed ([a-z0-9-]+\.[a-z0-9-]+).
    void addStudy(std::unique_ptr<Study> study);
    /// In order of registration.
    const std::vector<std::unique_ptr<Study>>& studies() const { return m_studies; }
    /// @throws Error naming the nearest known ids.
    Study& study(std::string_view id) const;
    /// Empties the registry: how the host moves what a plugin registered, once all of it is known to be
    /// sound.
    std::vector<std::unique_ptr<Study>> takeStudies();

    /// Keeps the attack until the host has found all of the plugin to be sound; then it stands in
    /// attacks::attacks() beside the built-in ones. @throws Error when the plugin adds the same id twice.
    void addAttack(attacks::AttackEntry attack);
    std::vector<attacks::AttackEntry> takeAttacks();

private:
    std::vector<std::unique_ptr<Study>> m_studies;
    std::vector<attacks::AttackEntry> m_attacks; ///< not yet in attacks::attacks()
};

/// Raised with any change that breaks plugins built against an older engine; stands in the metadata of
/// every plugin and is compared before its code is loaded.
inline constexpr int kEngineAbi = 5;

/// The interface of native plugins, our own included. A plugin is a QObject that implements it:
///
///     class Transfer : public QObject, public assay::engine::Plugin {
///         Q_OBJECT
///         Q_PLUGIN_METADATA(IID ASSAY_PLUGIN_IID FILE "transfer.json")
///         Q_INTERFACES(assay::engine::Plugin)
///     public:
///         void registerInto(assay::engine::Registries& registries) override;
///     };
///
/// The metadata file holds id, name, version, abi, author, licence, summary, studies and attacks (ids).
class Plugin
{
public:
    virtual ~Plugin() = default;
    virtual void registerInto(Registries& registries) = 0;
};

} // namespace assay::engine

#define ASSAY_PLUGIN_IID "org.assay.Plugin/1"
Q_DECLARE_INTERFACE(assay::engine::Plugin, ASSAY_PLUGIN_IID)
