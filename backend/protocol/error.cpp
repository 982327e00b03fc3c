#include "backend/protocol/error.h"

namespace assay {

namespace {

std::string sentence(const std::string& what, const std::string& where, const std::string& mend)
{
    std::string text = where.empty() ? what : where + ": " + what;
    text += '.';
    if (!mend.empty()) {
        text += ' ';
        text += mend;
        if (mend.back() != '.' && mend.back() != '?')
            text += '.';
    }
    return text;
}

} // namespace

Error::Error(std::string what, std::string where, std::string mend)
    : std::runtime_error(sentence(what, where, mend))
    , m_what(std::move(what))
    , m_where(std::move(where))
    , m_mend(std::move(mend))
{}

} // namespace assay
