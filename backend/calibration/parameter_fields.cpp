#include "backend/calibration/parameter_fields.h"

#include "backend/protocol/error.h"
#include "backend/protocol/json_fields.h"

#include <algorithm>
#include <sstream>
#include <string>

namespace assay::calibration {

namespace {

protocol::JsonFields fieldsOf(const Json& parameters)
{
    return {parameters, "", "the calibrator's parameters"};
}

} // namespace

double requiredPositive(const Json& parameters, const char* key)
{
    const double value = fieldsOf(parameters).positive(key, -1);
    if (value < 0)
        throw Error("'" + std::string(key) + "' is missing");
    return value;
}

std::vector<double> requiredReals(const Json& parameters, const char* key, std::int64_t count)
{
    std::vector<double> values = fieldsOf(parameters).reals(key);
    if (count < 0 ? values.empty() : static_cast<std::int64_t>(values.size()) != count)
        throw Error("'" + std::string(key) + "' must have " +
                    (count < 0 ? "at least one number" : std::to_string(count) + " numbers") +
                    "; found were " + std::to_string(values.size()));
    return values;
}

const Json& requiredList(const Json& parameters, const char* key, std::int64_t count)
{
    const auto it = parameters.is_object() ? parameters.find(key) : parameters.end();
    if (it == parameters.end() || !it->is_array() || static_cast<std::int64_t>(it->size()) != count)
        throw Error("'" + std::string(key) + "' must be a list of " + std::to_string(count) + " entries");
    return *it;
}

void checkReals(const std::vector<double>& values, const char* key, double low, double high, bool rising)
{
    for (const double value : values) {
        if (!(value >= low && value <= high)) {
            std::ostringstream text;
            text << "'" << key << "' must be from " << low << " to " << high << "; found was " << value;
            throw Error(text.str());
        }
    }
    if (rising && !std::is_sorted(values.begin(), values.end()))
        throw Error("'" + std::string(key) + "' must not fall");
}

} // namespace assay::calibration
