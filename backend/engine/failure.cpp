#include "backend/engine/failure.h"

#include "backend/protocol/error.h"

#include <c10/util/Exception.h>

#include <new>

namespace assay::engine {

std::string failureSentence(std::exception_ptr problem, const std::string& where)
{
    const std::string unexpected = where + " failed unexpectedly: ";
    try {
        std::rethrow_exception(problem);
    } catch (const StudyFailed& known) {
        return known.sentence;
    } catch (const Error& error) {
        return error.what();
    } catch (const std::bad_alloc&) {
        return unexpected + "there is not enough memory.";
    } catch (const c10::Error& error) {
        return unexpected + error.what_without_backtrace();
    } catch (const std::exception& error) {
        return unexpected + error.what();
    } catch (...) {
        return unexpected + "something was thrown that is no exception.";
    }
}

} // namespace assay::engine
