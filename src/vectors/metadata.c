#include "vectors/metadata.h"

#include <math.h>
#include <string.h>

#include "base/json.h"

// ---- what may be stored

static bool is_list_of_texts(const json_t *value)
{
    size_t i;
    const json_t *element;
    json_array_foreach(value, i, element)
    {
        if (!json_is_string(element))
            return false;
    }
    return json_is_array(value);
}

static bool is_scalar(const json_t *value)
{
    return json_is_string(value) || json_is_number(value) || json_is_boolean(value);
}

enum err_code metadata_check(const json_t *metadata, struct err *err)
{
    const char *field;
    const json_t *value;
    if (metadata == NULL || json_is_null(metadata))
        return ERR_NONE;
    if (!json_is_object(metadata))
        return err_set(err, ERR_INVALID, "metadata must be an object");
    json_object_foreach((json_t *)(uintptr_t)metadata, field, value)
    {
        if (field[0] == '$' || field[0] == '\0')
            return err_set(err, ERR_INVALID, "metadata: \"%.60s\" is no name for a field", field);
        if (!is_scalar(value) && !is_list_of_texts(value))
            return err_set(err, ERR_INVALID,
                "metadata: the value of \"%.60s\" must be a text, a number, true, false or a list of texts", field);
    }
    struct strbuf text;
    strbuf_init(&text);
    json_dump(metadata, &text);
    size_t size = text.size;
    strbuf_release(&text);
    return size <= METADATA_BYTES_MAX
        ? ERR_NONE
        : err_set(err, ERR_INVALID, "metadata of %zu bytes: a record may have %zu", size, METADATA_BYTES_MAX);
}

// ---- filters

enum operator{ EQ, NE, IN, NIN, GT, GTE, LT, LTE, EXISTS, NO_OPERATOR };
static const char *const operator_names[] = {"$eq", "$ne", "$in", "$nin", "$gt", "$gte", "$lt", "$lte", "$exists"};

static enum operator operator_of(const char *name)
{
    for (int i = 0; i < NO_OPERATOR; i++) {
        if (strcmp(operator_names[i], name) == 0)
            return (enum operator)i;
    }
    return NO_OPERATOR;
}

static enum err_code check_operand(const char *field, const char *name, const json_t *operand, struct err *err)
{
    size_t i;
    const json_t *element;
    switch (operator_of(name)) {
    case EQ:
    case NE:
        return is_scalar(operand)
            ? ERR_NONE
            : err_set(err, ERR_INVALID, "filter: %s of \"%.60s\" wants a text, a number or a truth value", name, field);
    case IN:
    case NIN:
        if (!json_is_array(operand))
            return err_set(err, ERR_INVALID, "filter: %s of \"%.60s\" wants a list", name, field);
        json_array_foreach(operand, i, element)
        {
            if (!is_scalar(element))
                return err_set(
                    err, ERR_INVALID, "filter: %s of \"%.60s\" wants texts, numbers or truth values", name, field);
        }
        return ERR_NONE;
    case GT:
    case GTE:
    case LT:
    case LTE:
        return json_is_number(operand)
            ? ERR_NONE
            : err_set(err, ERR_INVALID, "filter: %s of \"%.60s\" wants a number", name, field);
    case EXISTS:
        return json_is_boolean(operand)
            ? ERR_NONE
            : err_set(err, ERR_INVALID, "filter: $exists of \"%.60s\" wants true or false", field);
    default:
        return err_set(err, ERR_INVALID,
            "filter: there is no operator \"%.60s\": use $eq, $ne, $in, $nin, $gt, $gte, $lt, $lte or $exists", name);
    }
}

static enum err_code check_condition(const char *field, const json_t *condition, struct err *err)
{
    const char *name;
    const json_t *operand;
    if (is_scalar(condition))
        return ERR_NONE;
    if (!json_is_object(condition) || json_object_size(condition) == 0)
        return err_set(err, ERR_INVALID, "filter: \"%.60s\" wants a value or an object of operators", field);
    json_object_foreach((json_t *)(uintptr_t)condition, name, operand)
    {
        enum err_code code = check_operand(field, name, operand, err);
        if (code != ERR_NONE)
            return code;
    }
    return ERR_NONE;
}

static bool is_junction(const char *field)
{
    return field != NULL && (strcmp(field, "$and") == 0 || strcmp(field, "$or") == 0);
}

static enum err_code check_filter(const json_t *filter, int depth, struct err *err)
{
    const char *field;
    const json_t *condition;
    if (!json_is_object(filter))
        return err_set(err, ERR_INVALID, "a filter must be an object");
    if (depth > METADATA_FILTER_DEPTH)
        return err_set(err, ERR_INVALID, "a filter may be %d levels deep", METADATA_FILTER_DEPTH);
    json_object_foreach((json_t *)(uintptr_t)filter, field, condition)
    {
        enum err_code code = ERR_NONE;
        size_t i;
        const json_t *part;
        if (is_junction(field) && (!json_is_array(condition) || json_array_size(condition) == 0))
            return err_set(err, ERR_INVALID, "filter: %s wants a list of filters", field);
        if (!is_junction(field) && field[0] == '$')
            return err_set(
                err, ERR_INVALID, "filter: there is no operator \"%.60s\" between filters: use $and or $or", field);
        if (!is_junction(field))
            code = check_condition(field, condition, err);
        else
            json_array_foreach(condition, i, part)
            {
                if (code == ERR_NONE)
                    code = check_filter(part, depth + 1, err);
            }
        if (code != ERR_NONE)
            return code;
    }
    return ERR_NONE;
}

enum err_code metadata_filter_check(const json_t *filter, struct err *err)
{
    return filter == NULL || json_is_null(filter) ? ERR_NONE : check_filter(filter, 1, err);
}

// ---- matching

static bool equal(const json_t *a, const json_t *b)
{
    if (json_is_number(a) && json_is_number(b))
        return json_number_value(a) == json_number_value(b);
    return json_equal(a, b) != 0;
}

// Whether the field's value, or any element of it, is the operand.
static bool has(const json_t *value, const json_t *operand)
{
    size_t i;
    const json_t *element;
    if (!json_is_array(value))
        return value != NULL && equal(value, operand);
    json_array_foreach(value, i, element)
    {
        if (equal(element, operand))
            return true;
    }
    return false;
}

static bool has_any(const json_t *value, const json_t *operands)
{
    size_t i;
    const json_t *operand;
    json_array_foreach(operands, i, operand)
    {
        if (has(value, operand))
            return true;
    }
    return false;
}

static bool holds(enum operator operator, const json_t * value, const json_t *operand)
{
    double left = json_number_value(value), right = json_number_value(operand);
    switch (operator) {
    case EQ:
        return has(value, operand);
    case NE:
        return !has(value, operand);
    case IN:
        return has_any(value, operand);
    case NIN:
        return !has_any(value, operand);
    case EXISTS:
        return (value != NULL) == json_is_true(operand);
    case GT:
        return json_is_number(value) && left > right;
    case GTE:
        return json_is_number(value) && left >= right;
    case LT:
        return json_is_number(value) && left < right;
    case LTE:
        return json_is_number(value) && left <= right;
    default:
        return false;
    }
}

static bool condition_holds(const json_t *condition, const json_t *value)
{
    const char *name;
    const json_t *operand;
    if (!json_is_object(condition))
        return has(value, condition);
    json_object_foreach((json_t *)(uintptr_t)condition, name, operand)
    {
        if (!holds(operator_of(name), value, operand))
            return false;
    }
    return true;
}

static bool junction_holds(bool all, const json_t *parts, const json_t *metadata)
{
    size_t i;
    const json_t *part;
    json_array_foreach(parts, i, part)
    {
        if (metadata_filter_matches(part, metadata) != all)
            return !all;
    }
    return all;
}

bool metadata_filter_matches(const json_t *filter, const json_t *metadata)
{
    const char *field;
    const json_t *condition;
    if (filter == NULL || json_is_null(filter))
        return true;
    json_object_foreach((json_t *)(uintptr_t)filter, field, condition)
    {
        bool fulfilled = is_junction(field) ? junction_holds(strcmp(field, "$and") == 0, condition, metadata)
                                            : condition_holds(condition, json_object_get(metadata, field));
        if (!fulfilled)
            return false;
    }
    return true;
}

// ---- terms

static bool term_of_condition(const char *field, const json_t *condition, struct metadata_term *term)
{
    const json_t *one = json_is_object(condition) ? json_object_get(condition, "$eq") : condition;
    *term = (struct metadata_term){.field = field, .single = one};
    if (one == NULL)
        term->values = json_object_get(condition, "$in");
    return term->single != NULL || term->values != NULL;
}

bool metadata_filter_term(const json_t *filter, struct metadata_term *term)
{
    const char *field;
    const json_t *condition;
    json_object_foreach((json_t *)(uintptr_t)filter, field, condition)
    {
        size_t i;
        const json_t *part;
        if (!is_junction(field) && term_of_condition(field, condition, term))
            return true;
        if (strcmp(field, "$and") != 0)
            continue;
        json_array_foreach(condition, i, part)
        {
            if (metadata_filter_term(part, term))
                return true;
        }
    }
    return false;
}

void metadata_term_text(const json_t *value, struct strbuf *out)
{
    if (json_is_string(value))
        strbuf_addf(out, "s%s", json_string_value(value));
    else if (json_is_number(value))
        strbuf_addf(out, "n%.17g", json_number_value(value) + 0.0); // -0 is 0
    else
        strbuf_adds(out, json_is_true(value) ? "b1" : "b0");
}
