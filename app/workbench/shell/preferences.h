#pragma once

#include "app/workbench/shell/json_store.h"

#include <QString>

#include <string>

namespace assay::workbench {

/// A preference: its place in the file, and its value when the file has none.
template <class T>
struct Preference
{
    const char* key;
    T fallback;
};

namespace preference {
inline const Preference<std::string> kAppearance{"appearance", "system"}; ///< "system", "light" or "dark"
inline const Preference<std::string> kWorkspace{"workspace", ""};         ///< the one opened last
inline const Preference<bool> kWelcomed{"welcomed", false};               ///< the first hint has been seen
} // namespace preference

/// What the user prefers, in every workspace. What was open is the session's.
class Preferences
{
public:
    explicit Preferences(const QString& path);
    /// The user's own file.
    static QString defaultPath();

    template <class T>
    T value(const Preference<T>& preference) const
    {
        const auto it = m_store.json().find(preference.key);
        if (it == m_store.json().end())
            return preference.fallback;
        try {
            return it->template get<T>();
        } catch (const Json::exception&) {
            return preference.fallback;
        }
    }
    template <class T>
    void set(const Preference<T>& preference, const T& value)
    {
        if (this->value(preference) == value && m_store.json().contains(preference.key))
            return;
        Json json = m_store.json();
        json[preference.key] = value;
        m_store.set(std::move(json));
        m_store.saveLater();
    }
    const QString& problem() const { return m_store.problem(); }

private:
    JsonStore m_store;
};

} // namespace assay::workbench
