#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace assay {

/// The one exception for what a user can mend: what happened, where, and how to mend it.
/// Anything else that is thrown is a bug and becomes a failed run with its text.
/// what() is the whole sentence: "WHERE: WHAT. MEND."
class Error : public std::runtime_error
{
public:
    /// @param what  what was found and what was expected, without a full stop at the end
    /// @param where the file, field or command concerned; may be empty
    /// @param mend  an imperative sentence; may be empty
    explicit Error(std::string what, std::string where = {}, std::string mend = {});

    const std::string& happened() const noexcept { return m_what; }
    const std::string& where() const noexcept { return m_where; }
    const std::string& mend() const noexcept { return m_mend; }

private:
    std::string m_what;
    std::string m_where;
    std::string m_mend;
};

/// Thrown by RunContext::checkpoint() when the user cancelled; never caught by a study.
/// Deliberately not a std::exception, so that a catch-all for errors does not swallow it.
struct Cancelled
{};

} // namespace assay
