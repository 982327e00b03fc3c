#pragma once

#include <exception>
#include <string>

namespace assay::engine {

/// A sentence about whatever was thrown. An Error speaks for itself; anything else is a bug and is said to be
/// one of @p where, e.g. a study.
std::string failureSentence(std::exception_ptr problem, const std::string& where);

/// Carries the sentence of a failure that was caught and put into words already.
struct StudyFailed
{
    std::string sentence;
};

} // namespace assay::engine
